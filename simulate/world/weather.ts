import type { Chance } from '../engine/chance.ts'

export const PLACES = ['partner', 'twilio', 'vonage', 'smtp', 'fcm'] as const
export type Place = (typeof PLACES)[number]
export type Trouble = 'refuses' | 'silent' | 'errors' | 'shut'

/** What is wrong with the world outside right now, and how often something goes wrong by itself. */
export interface Weather {
  /** 0 on a calm day, up to 1 in a storm; 0 for good once everything has healed. */
  storm(): number
  trouble(place: Place): Trouble | undefined
  befall(place: Place, trouble: Trouble): void
  clear(place: Place): void
  heal(): void
}

export function makeWeather(chance: Chance): Weather {
  const troubles = new Map<Place, Trouble>()
  let storm = chance.happens(0.2) ? 0 : chance.next()
  return {
    storm: () => storm,
    trouble: (place) => troubles.get(place),
    befall: (place, trouble) => void troubles.set(place, trouble),
    clear: (place) => void troubles.delete(place),
    heal() {
      storm = 0
      troubles.clear()
    },
  }
}
