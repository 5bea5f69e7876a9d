// Pictures to search by, as long as the page lives. Each is made small before it is sent: a phone's photograph of many
// megabytes says no more to the encoder than one of a thousand pixels.

import { uuid } from "@/lib/ids";

const LONGEST_PX = 1024;
const QUALITY = 0.88;
const TYPES = ["image/jpeg", "image/png", "image/webp"];

export interface Picture {
  /** Address of the preview. */
  url: string;
  /** Base64 of the JPEG that is sent. */
  content: string;
}

const pictures = new Map<string, Picture>();

export const pictureOf = (key: string | undefined): Picture | undefined => (key ? pictures.get(key) : undefined);

/** Keeps a picture and returns its key. Throws with a sentence for a file that is none. */
export async function keepPicture(file: Blob): Promise<string> {
  if (!file.type.startsWith("image/")) throw new Error("That is not a picture. Use a JPEG, PNG or WebP.");
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(
      TYPES.includes(file.type)
        ? "This picture cannot be read: it may be damaged."
        : "This kind of picture cannot be read here. Use a JPEG, PNG or WebP.",
    );
  }
  const blob = await shrink(bitmap);
  const key = uuid().slice(0, 8);
  pictures.set(key, { url: URL.createObjectURL(blob), content: await base64(blob) });
  return key;
}

async function shrink(bitmap: ImageBitmap): Promise<Blob> {
  const scale = Math.min(1, LONGEST_PX / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser cannot read pictures.");
  context.fillStyle = "#fff"; // what is transparent becomes white and not black
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("This picture cannot be read."))),
      "image/jpeg",
      QUALITY,
    );
  });
}

async function base64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}
