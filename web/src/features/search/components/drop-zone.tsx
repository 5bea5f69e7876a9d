import { useId, useState, type ClipboardEvent, type DragEvent } from "react";

import { Icon } from "@/components/ui/icon";

/** Where a picture is dropped, pasted or chosen. */
export function DropZone({ choose }: { choose: (file: Blob) => void }) {
  const file = useId();
  const camera = useId();
  const [over, setOver] = useState(false);
  const take = (files: FileList | null) => {
    const first = files?.[0];
    if (first) choose(first);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };
  const paste = (event: ClipboardEvent) => take(event.clipboardData.files);
  return (
    // A target for the pointer alone: the fields in it do the same for everybody.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      className={over ? "drop drop-over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      onPaste={paste}
    >
      <Icon name="camera" size={36} />
      <p>Drop a picture here, or paste one.</p>
      <div className="actions">
        <label className="button button-main" htmlFor={file}>
          Choose a file
        </label>
        <input
          id={file}
          className="sr-only"
          type="file"
          accept="image/jpeg,image/png,image/webp,image/*"
          onChange={(event) => take(event.target.files)}
        />
        <label className="button touch-only" htmlFor={camera}>
          Take a photo
        </label>
        <input
          id={camera}
          className="sr-only touch-only"
          type="file"
          accept="image/*"
          capture="environment"
          onChange={(event) => take(event.target.files)}
        />
      </div>
    </div>
  );
}
