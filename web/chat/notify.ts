/** The browser's notifications, where it has any and is asked for them. */

const present = (): boolean => "Notification" in window;

export const notify = {
  allowed: (): boolean => present() && Notification.permission === "granted",

  /** Ask for leave; it must be a click that leads here. */
  async ask(): Promise<boolean> {
    return present() && (await Notification.requestPermission()) === "granted";
  },

  /** Show one; a later one of the same room takes its place. */
  show(title: string, body: string, tag: string, onClick: () => void): void {
    try {
      const shown = new Notification(title, { body, tag });
      shown.onclick = () => {
        window.focus();
        onClick();
        shown.close();
      };
    } catch {
      // Some phones have them for service workers only.
    }
  },

  present,
};
