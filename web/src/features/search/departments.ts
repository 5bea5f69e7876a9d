// Departments as a tree that opens where one chooses.

import type { Facet } from "@/features/search/api/search";
import type { Tick } from "@/features/search/components/ticks";
import { ticked } from "@/features/search/state";
import { idOf } from "@/lib/ids";
import type { Category } from "@/lib/types";

/** All categories by their ids, parents and names. */
export class Departments {
  readonly #all: ReadonlyMap<string, Category>;

  constructor(categories: readonly Category[]) {
    this.#all = new Map(categories.map((category) => [idOf(category.name), category]));
  }

  /** The name of a category, or its id where nobody knows it. */
  nameOf(id: string): string {
    return this.#all.get(id)?.displayName ?? id;
  }

  /** The rows of the facet: roots, and below what is chosen, or stands alone, its children. */
  ticks(values: Facet["values"], chosen: readonly string[] = []): Tick[] {
    const counts = new Map(values.map(({ value = "", count }) => [idOf(value), count]));
    const names = new Map(values.map(({ value = "", displayName }) => [idOf(value), displayName]));
    const offered = [...new Set([...counts.keys(), ...chosen])];
    const open = new Set(chosen.flatMap((id) => [id, ...this.#above(id)]));
    const parentOf = (id: string) => this.#above(id).find((above) => offered.includes(above));
    const below = (parent: string | undefined, depth: number): Tick[] => {
      const here = offered.filter((id) => parentOf(id) === parent);
      return here.flatMap((id) => [
        { value: id, words: names.get(id) || this.nameOf(id), count: counts.get(id), depth },
        ...(open.has(id) || here.length === 1 ? below(id, depth + 1) : []),
      ]);
    };
    return below(undefined, 0);
  }

  /** What is chosen once one more is: it takes the place of what it is part of, and of its own parts. */
  ticked(before: readonly string[] = [], id: string, on: boolean): string[] | undefined {
    const isApart = (other: string) => !this.#above(other).includes(id) && !this.#above(id).includes(other);
    return ticked(on ? before.filter(isApart) : before, id, on);
  }

  /** The categories that one is part of, the nearest first. */
  #above(id: string): string[] {
    const found: string[] = [];
    let parent = this.#all.get(id)?.parentCategory;
    while (parent && !found.includes(idOf(parent))) {
      found.push(idOf(parent));
      parent = this.#all.get(idOf(parent))?.parentCategory;
    }
    return found;
  }
}
