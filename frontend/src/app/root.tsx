import { Outlet, useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { queryClient } from "@/api/client";
import { useSession } from "@/api/session";
import { SignInDialog } from "@/features/auth/sign-in-dialog";
import { SignInPage } from "@/features/auth/sign-in-page";
import { useDelayed } from "@/ui/hooks";
import { Logo } from "@/ui/logo";

/** Signed out, any address shows the way in and leads to where it pointed; an expired session is renewed over the page. */
export function Root() {
  const { t } = useTranslation();
  const session = useSession();
  const setup = useLocation({ select: (location) => location.pathname === "/setup" });
  const late = useDelayed(session.status === "starting", 400);

  useEffect(() => {
    if (session.status === "signed_out") queryClient.clear();
  }, [session.status]);

  if (session.status === "starting") {
    return (
      <div role="status" aria-label={t("ui.loading")} className="grid h-full place-items-center">
        {late && <Logo className="size-8" />}
      </div>
    );
  }
  if (session.status === "signed_out" && !setup) return <SignInPage />;
  return (
    <>
      <Outlet />
      {session.status === "expired" && <SignInDialog email={session.user.email} />}
    </>
  );
}
