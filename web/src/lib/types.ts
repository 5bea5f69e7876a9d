// The messages of the contracts as JSON, under the names that the pages use. The gateway always prints names and texts,
// also empty ones, so that they count as given here.

import type { CategoryJson } from "@contracts/aisle/catalog/v1/category_service_pb";
import type { PictureJson, ProductJson } from "@contracts/aisle/catalog/v1/product_pb";

export type { MoneyJson as Money } from "@contracts/google/type/money_pb";

/** A message of which these fields are always there. */
export type Given<Message, Fields extends keyof Message> = Message & Required<Pick<Message, Fields>>;

/** A message of which these fields hold what is said here. */
export type With<Message, Fields> = Omit<Message, keyof Fields> & Fields;

export type Product = Given<ProductJson, "name" | "title">;
export type Picture = Given<PictureJson, "uri">;
export type Category = Given<CategoryJson, "name" | "displayName">;
