/** What a catalogue holds, as types: the compiler finds what a translation forgot. */

/** Forms by CLDR plural rule; `{count}` chooses. */
export type Plural = { readonly other: string } & {
  readonly [Rule in Exclude<Intl.LDMLPluralRule, "other">]?: string;
};
export type Message = string | Plural;
export type Messages = Readonly<Record<string, Message>>;

/** The same keys, each of the same sort: text or plural. */
export type Translation<English extends Messages> = {
  readonly [K in keyof English]: English[K] extends string ? string : Plural;
};

type NamesIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;

/** The `{names}` a message must be given. */
export type Names<M> = M extends string ? NamesIn<M> : M extends { other: infer Text } ? "count" | NamesIn<Text> : never;
