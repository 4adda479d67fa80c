/** So many messages may be out unsettled at most: AMQP has 16 bits for it (0-9-1, `basic.qos`, `prefetch-count`). */
export const MOST_PREFETCH = 65_535;
