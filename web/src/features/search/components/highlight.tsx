const ENTITIES: Record<string, string> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#x27;": "'",
  "&#39;": "'",
};

/** A title in which the found words stand between `<em>` and `</em>` and the rest is escaped. No HTML is made of it. */
export function Highlight({ text }: { text: string }) {
  const plain = (part: string) => part.replace(/&(amp|lt|gt|quot|#x27|#39);/g, (entity) => ENTITIES[entity] ?? entity);
  return text
    .split(/(<em>.*?<\/em>)/)
    .map((part, index) =>
      part.startsWith("<em>") ? (
        <mark key={index}>{plain(part.slice(4, -5))}</mark>
      ) : (
        <span key={index}>{plain(part)}</span>
      ),
    );
}
