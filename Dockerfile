# syntax=docker/dockerfile:1
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/examples examples
RUN install -d -o node -g node /var/lib/outrider
USER node
ENV STATE_DIRECTORY=/var/lib/outrider
VOLUME /var/lib/outrider
EXPOSE 8080 9777
HEALTHCHECK --interval=10s --timeout=3s CMD ["node", "dist/cli.js", "status", "--json"]
# Node is process 1 and handles SIGTERM itself.
ENTRYPOINT ["node", "dist/cli.js"]
CMD ["run", "--config", "/etc/outrider/outrider.yaml"]
