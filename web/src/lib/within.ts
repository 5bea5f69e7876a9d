/** What is promised, if it comes in time; after that, nothing. */
export function within<T>(milliseconds: number, promised: Promise<T>): Promise<T | undefined> {
  return Promise.race([promised, new Promise<undefined>((resolve) => setTimeout(resolve, milliseconds))]);
}
