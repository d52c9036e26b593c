/** Hexadecimal ids that never repeat: a counter in front, chance behind. */
export type Ids = (length: number) => string

export function makeIds(random: () => number): Ids {
  let count = 0
  return (length) => {
    count += 1
    const head = count.toString(16).padStart(8, '0')
    return Array.from({ length: length - head.length }, () => digit(random())).reduce((id, next) => id + next, head)
  }
}

const digit = (chance: number) => Math.min(15, Math.floor(chance * 16)).toString(16)
