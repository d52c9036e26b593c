/** After so many turns that ended without an outcome a step travels alone: only deaths alone count against it. */
export const ALONE_AFTER = 2
/** So many workers may die with a step alone in their hands before nobody takes it up again. */
export const DEADLY_AFTER = 5
