import { useNavigate } from "@tanstack/react-router";
import clsx from "clsx";
import { Coins, LogOut } from "lucide-react";
import { useTranslation } from "react-i18next";
import { signOut, useSession } from "@/api/session";
import { LANGUAGES, setLanguage } from "@/i18n";
import { useIsPhone } from "@/ui/hooks";
import { Avatar } from "@/ui/mark";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/ui/menu";
import { setTheme, type Theme, useTheme } from "@/ui/theme";
import { toast } from "@/ui/toast";

const THEMES: Theme[] = ["system", "light", "dark"];

/** Who is signed in; theme, language and the way out. */
export function PersonMenu({ rail = false }: { rail?: boolean }) {
  const { t, i18n } = useTranslation();
  const { user } = useSession();
  const theme = useTheme();
  const phone = useIsPhone();
  const navigate = useNavigate();
  if (user === null) return null;
  return (
    <Menu
      align="start"
      side={rail ? "right" : "top"}
      trigger={
        <button
          type="button"
          aria-label={t("shell.person.menu", { name: user.name })}
          className={clsx(
            "flex items-center gap-2 rounded-md font-medium text-ink-2 hover:bg-hover aria-expanded:bg-pressed",
            rail
              ? "size-9 justify-center max-sm:size-11"
              : "h-9 w-full px-2 max-md:size-9 max-md:justify-center max-md:px-0",
          )}
        >
          <Avatar name={user.name} />
          <span className={clsx("truncate", rail ? "hidden" : "max-md:hidden")}>{user.name}</span>
        </button>
      }
    >
      <div className="px-2 pt-1 pb-2">
        <div className="font-medium">{user.name}</div>
        <div className="text-xs text-ink-3">
          {user.email} · {t(`shell.person.role.${user.role}`)}
        </div>
      </div>
      <MenuSeparator />
      <MenuLabel>{t("shell.person.theme")}</MenuLabel>
      {THEMES.map((each) => (
        <MenuItem key={each} checked={theme === each} onSelect={() => setTheme(each)}>
          {t(`shell.theme.${each}`)}
        </MenuItem>
      ))}
      <MenuSeparator />
      <MenuLabel>{t("shell.person.language")}</MenuLabel>
      {LANGUAGES.map((each) => (
        <MenuItem key={each} checked={i18n.language === each} onSelect={() => setLanguage(each)}>
          {t(`shell.language.${each}`)}
        </MenuItem>
      ))}
      <MenuSeparator />
      {/* Elsewhere it stands in the side bar. */}
      {phone && (
        <MenuItem icon={Coins} onSelect={() => void navigate({ to: "/usage" })}>
          {t("llm.usage.title")}
        </MenuItem>
      )}
      <MenuItem
        icon={LogOut}
        onSelect={() => void signOut().catch(() => toast(t("shell.person.signOutFailed")))}
      >
        {t("shell.person.signOut")}
      </MenuItem>
    </Menu>
  );
}
