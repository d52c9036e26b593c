import type { Bug } from './bug.ts'
import { CAMPAIGN_BUGS } from './campaign-bugs.ts'
import { LINK_BUGS } from './link-bugs.ts'
import { ROAD_BUGS } from './road-bugs.ts'

export const BUGS: Bug[] = [...ROAD_BUGS, ...LINK_BUGS, ...CAMPAIGN_BUGS]
