import { useTranslation } from "react-i18next";
import { signOut } from "@/api/session";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SignInForm } from "./sign-in-form";

/** A session that ended while somebody worked: the page stays under it, and goes on once they signed in. */
export function SignInDialog({ email }: { email: string }) {
  const { t } = useTranslation();
  return (
    <Dialog
      open
      onOpenChange={() => undefined}
      dismissable={false}
      width="sm"
      title={t("auth.signIn.title")}
      description={t("auth.signIn.expired")}
    >
      <SignInForm email={email} />
      <Button
        variant="ghost"
        className="mt-3 w-full"
        onClick={() => void signOut().catch(() => undefined)}
      >
        {t("shell.person.signOut")}
      </Button>
    </Dialog>
  );
}
