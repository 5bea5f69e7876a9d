import * as Ariakit from "@ariakit/react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { accountQuery } from "@/features/account/api/account";
import { Icon } from "@/components/ui/icon";
import { isMerchant, logOut } from "@/lib/session";
import { sayError } from "@/lib/toasts";
import { useSession } from "@/lib/use-session";

/** The menu of whoever is logged in. */
export default function OwnMenu() {
  const session = useSession();
  const account = useQuery(accountQuery);
  const leave = () => void logOut().catch(sayError);
  const name = account.data?.displayName?.split(" ")[0] ?? "";
  return (
    <Ariakit.MenuProvider placement="bottom-end">
      <Ariakit.MenuButton className="icon-link">
        <Icon name="account" />
        <span className="icon-label">{name || "Account"}</span>
      </Ariakit.MenuButton>
      <Ariakit.Menu gutter={8} className="menu">
        <Ariakit.MenuItem className="menu-item" render={<Link to="/account" />}>
          Your account
        </Ariakit.MenuItem>
        <Ariakit.MenuItem className="menu-item" render={<Link to="/orders" />}>
          Your orders
        </Ariakit.MenuItem>
        {isMerchant(session) && (
          <Ariakit.MenuItem className="menu-item" render={<Link to="/merchant" />}>
            Run the shop
          </Ariakit.MenuItem>
        )}
        <Ariakit.MenuItem className="menu-item" onClick={leave}>
          Log out
        </Ariakit.MenuItem>
      </Ariakit.Menu>
    </Ariakit.MenuProvider>
  );
}
