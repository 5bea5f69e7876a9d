import { useState } from "react";

import { DropZone } from "@/features/search/components/drop-zone";
import type { Change, SearchState, Weight } from "@/features/search/state";
import { Choice } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";

interface Properties {
  /** Address of the picture; undefined when it is gone. */
  url: string | undefined;
  choose: (file: Blob) => void;
  state: SearchState;
  change: Change;
}

/** The picture that is searched by, words to refine it, and what of both counts more. */
export function PictureLine({ url, choose, state, change }: Properties) {
  const [text, setText] = useState(state.q ?? "");
  if (!url) {
    return (
      <Notice title="The picture is gone">
        <p>Pictures are kept as long as the page is open. Choose it again to search by it.</p>
        <DropZone choose={choose} />
      </Notice>
    );
  }
  return (
    <form
      className="picture-line"
      onSubmit={(event) => {
        event.preventDefault();
        change({ q: text.trim() || undefined });
      }}
    >
      <img src={url} alt="What you search by" width={96} height={96} />
      <label className="field">
        <span>Say more, such as “in blue”</span>
        <input value={text} maxLength={500} onChange={(event) => setText(event.target.value)} />
      </label>
      <button type="submit" className="button">
        Refine
      </button>
      {state.q && (
        <Choice
          label="What counts more"
          value={state.weight ?? ""}
          onChange={(event) => change({ weight: (event.target.value || undefined) as Weight | undefined })}
        >
          <option value="picture">The picture</option>
          <option value="">Both alike</option>
          <option value="words">The words</option>
        </Choice>
      )}
      <button
        type="button"
        className="button button-quiet"
        onClick={() => change({ picture: undefined, weight: undefined })}
      >
        Without the picture
      </button>
    </form>
  );
}
