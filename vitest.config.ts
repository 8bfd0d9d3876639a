import { defineConfig } from 'vitest/config';

const everywhere = ['apps/*/src', 'packages/*/src', 'bench', 'scripts'];
const files = (suffix: string) => everywhere.map((dir) => `${dir}/**/*.${suffix}.ts`);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: files('test'),
          exclude: [...files('int.test'), ...files('prop.test'), ...files('crash.test'), ...files('story.test')],
        },
      },
    ],
  },
});
