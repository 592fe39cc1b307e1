/** For an option that may be given several times: commander hands over what came before, at first nothing. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}
