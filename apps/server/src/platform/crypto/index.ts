export { blindHash, deriveKey, newDataKey, open, seal } from './seal.ts';
export { readToken, signToken, tokenWorkspace, type TokenPurpose } from './signed-token.ts';
export { newWrappedWorkspaceKey, openWorkspaceKeys, type WorkspaceKeys } from './workspace-keys.ts';
