/** What is known of a database that is an older copy: what the lost one may have sent. */
export interface RestoredStore {
  /** Notes that this database is a copy which knows nothing of what was sent after that time, or its last heartbeat. */
  note(takenAt?: Date): Promise<void>
  isCopy(): Promise<boolean>
  /**
   * Sets apart, as `ambiguous` with the reason `restored`, every message that was due, or on its way, in the time that is lost:
   * nobody can say whether it was sent. Answers how many; null when this database is no older copy, or was released.
   */
  setApart(): Promise<number | null>
  /** What is set apart counts as handed over when it was due, unconfirmed; its reminders follow from there. Answers how many. */
  writeOff(): Promise<number>
  /** What is set apart is sent as if nothing had happened. */
  sendAll(): Promise<void>
  /** A person has decided: from now on it is the database. */
  forget(): Promise<void>
}
