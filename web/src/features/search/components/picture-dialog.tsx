import * as Ariakit from "@ariakit/react";
import { DropZone } from "@/features/search/components/drop-zone";
import { Icon } from "@/components/ui/icon";

interface Properties {
  close: () => void;
  choose: (file: Blob) => void;
}

/** Takes a picture to search by: dropped, pasted, from a file, or from the camera of a phone. */
export default function PictureDialog({ close, choose }: Properties) {
  return (
    <Ariakit.Dialog open onClose={close} backdrop={<div className="backdrop" />} className="dialog">
      <div className="drawer-head">
        <Ariakit.DialogHeading className="drawer-title">Search by picture</Ariakit.DialogHeading>
        <Ariakit.DialogDismiss className="icon-button" aria-label="Close">
          <Icon name="close" />
        </Ariakit.DialogDismiss>
      </div>
      <DropZone choose={choose} />
    </Ariakit.Dialog>
  );
}
