/** Choose a word's form by number, as the language does it. */

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };

/** Make a chooser for one language. */
export function plural(locale: string): (n: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(locale);
  return (n, forms) => forms[rules.select(n)] ?? forms.other;
}
