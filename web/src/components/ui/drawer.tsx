import * as Ariakit from "@ariakit/react";
import type { ReactNode } from "react";

import { Icon } from "@/components/ui/icon";

interface Properties {
  open: boolean;
  close: () => void;
  title: string;
  children: ReactNode;
  side?: "right" | "left";
}

/** A dialog at the side of the screen; Escape, a click beside it and its button close it. */
export default function Drawer({ open, close, title, children, side = "right" }: Properties) {
  return (
    <Ariakit.Dialog
      open={open}
      onClose={close}
      backdrop={<div className="backdrop" />}
      className={`drawer drawer-${side}`}
    >
      <div className="drawer-head">
        <Ariakit.DialogHeading className="drawer-title">{title}</Ariakit.DialogHeading>
        <Ariakit.DialogDismiss className="icon-button" aria-label="Close">
          <Icon name="close" />
        </Ariakit.DialogDismiss>
      </div>
      {children}
    </Ariakit.Dialog>
  );
}
