export const patrol = {
} as const;
