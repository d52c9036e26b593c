export const summaryOf = (_view: unknown, _now: Date): string => ''
