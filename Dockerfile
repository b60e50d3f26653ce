# The server, without what builds it. Rules are mounted, data is one volume:
#
#   docker build -t unidex .
#   docker run -p 8642:8642 -v unidex-data:/data unidex
#   docker run -p 8642:8642 -v unidex-data:/data -v ./merge-rules.json:/etc/unidex/merge-rules.json:ro \
#     -e UNIDEX_RULES=/etc/unidex/merge-rules.json -e CORP_INDEX_PASSWORD unidex

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY .node/package.json .node/
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
RUN npm run build

# Without optional dependencies: the image has a Node, and the one that a checkout brings is not needed.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY .node/package.json .node/
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM node:24-alpine
ENV NODE_ENV=production
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
# 1000 is the user "node" of the image; as a number it can be checked by those who allow no root.
RUN mkdir /data && chown 1000:1000 /data
USER 1000:1000
VOLUME /data
EXPOSE 8642
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8642/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# What src/cli/small-process.ts would begin anew for.
ENTRYPOINT ["node", "--max-semi-space-size=4", "dist/cli/main.js"]
CMD ["serve", "--host", "0.0.0.0", "--data", "/data"]
