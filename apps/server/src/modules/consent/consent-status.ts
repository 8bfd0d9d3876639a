/** What a customer said about one channel and topic, and counts. */
export type ConsentStatus = 'granted' | 'denied';

/** As it is recorded: what is pending waits for her confirmation and counts as nothing. */
export type RecordStatus = ConsentStatus | 'pending';
