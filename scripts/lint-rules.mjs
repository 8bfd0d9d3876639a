// Segue's own lint rules, loaded by oxlint (see jsPlugins in .oxlintrc.json).
import { basename, dirname } from 'node:path';

const bannedNames = new Set(['utils', 'helpers', 'common', 'misc', 'manager', 'base', 'shared', 'internal']);
const sqlStart =
  /^\s*(select\s[\s\S]+?\sfrom\s|insert\s+into\s+\S+|update\s+\S+\s+(as\s+\w+\s+)?set\s|delete\s+from\s+\S+|with\s+(recursive\s+)?\w+(\s*\([^)]*\))?\s+as\s+(not\s+)?(materialized\s*)?\(|copy\s+\S+\s*\(|truncate\s+\w+)/;
const sqlTable = /\b(from|join|update)\s+(only\s+)?[a-z_][\w.]*(?![\w.]|\s*\()|\b(into|copy)\s+[a-z_][\w.]*/;
const everyWorkspace = /every workspace: \S.{8,}/;

// An English sentence starts with one capital ("Update the set of…"); SQL is all lower case, or its keywords all upper.
const isSql = (text) => sqlStart.test(/^\s*[A-Z]{4}/.test(text) ? text.toLowerCase() : text);

/** Calls `visit(node, text)` for every string and template; the gaps of a template read as one space. */
function onText(visit) {
  return {
    Literal(node) {
      if (typeof node.value === 'string') visit(node, node.value);
    },
    TemplateLiteral(node) {
      visit(node, node.quasis.map((quasi) => quasi.value.cooked ?? '').join(' '));
    },
  };
}

function hasReasonAbove(sourceCode, node) {
  return sourceCode
    .getAllComments()
    .some(
      (comment) =>
        everyWorkspace.test(comment.value) &&
        comment.loc.end.line <= node.loc.start.line &&
        node.loc.start.line - comment.loc.end.line <= 3,
    );
}

const workspaceInQueries = {
  create: (context) =>
    onText((node, text) => {
      if (!isSql(text) || !sqlTable.test(text) || text.includes('workspace_id')) return;
      if (everyWorkspace.test(text) || hasReasonAbove(context.sourceCode, node)) return;
      context.report({
        node,
        message: 'A query names workspace_id, or a comment above says "every workspace: <reason>".',
      });
    }),
};

const sqlInStores = {
  create: (context) => ({
    ...onText((node, text) => {
      if (isSql(text)) context.report({ node, message: 'SQL lives in *-store.ts or history-sql.ts.' });
    }),
    CallExpression(node) {
      const [statement] = node.arguments;
      if (node.callee.type !== 'MemberExpression' || node.callee.property.name !== 'query') return;
      if (statement?.type !== 'ObjectExpression') return;
      if (statement.properties.some((property) => ['text', 'sql'].includes(property.key?.name)))
        context.report({ node, message: 'Queries are sent from *-store.ts or history-sql.ts.' });
    },
  }),
};

const timeFromClock = {
  create(context) {
    const report = (node) => context.report({ node, message: 'Time comes from platform/clock: ctx.clock.now().' });
    return {
      CallExpression(node) {
        const { callee } = node;
        if (callee.type === 'Identifier' && callee.name === 'Date') report(node);
      },
      MemberExpression(node) {
        if (node.object.name === 'Date' && node.property.name === 'now') report(node);
      },
      NewExpression(node) {
        if (node.callee.name === 'Date' && node.arguments.length === 0) report(node);
      },
    };
  },
};

const homelessFile = {
  create: (context) => ({
    Program(node) {
      const folder = basename(dirname(context.filename));
      const name = basename(context.filename).split('.')[0];
      for (const word of [name, folder])
        if (bannedNames.has(word))
          context.report({ node, message: `"${word}" says nothing. Name the file after the noun or verb it holds.` });
    },
  }),
};

/** The plugin as oxlint wants it: a default export. */
const plugin = {
  meta: { name: 'segue' },
  rules: {
    'workspace-in-queries': workspaceInQueries,
    'sql-in-stores': sqlInStores,
    'time-from-clock': timeFromClock,
    'homeless-file': homelessFile,
  },
};

export default plugin;
