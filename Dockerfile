# syntax=docker/dockerfile:1
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/examples examples
RUN ln -s /app/dist/cli.js /usr/local/bin/outrider && chmod +x dist/cli.js \
  && install -d -o node -g node /var/lib/outrider
# As a number, so that Kubernetes can see that it is not root.
USER 1000:1000
ENV STATE_DIRECTORY=/var/lib/outrider
# A peer's variables have no word for the admin API, which the health check asks.
ENV OUTRIDER_LISTEN_ADMIN=127.0.0.1:9900
VOLUME /var/lib/outrider
EXPOSE 8080 9777 9900
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["outrider", "health"]
# Node is process 1 and handles SIGTERM itself. It drains for up to `grace`, 30 s: give it longer than Docker's 10 s.
ENTRYPOINT ["outrider"]
# /etc/outrider, or the variables of an agent that it takes the place of.
CMD ["run"]
