# Two images from one build:
#
#   docker build --target portal -t matricula-portal .
#   docker build --target mirror -t matricula-mirror .
#
# Each holds Node, its own bundle and nothing that was only needed to build it. Why so: docs/decisions/0030-images.md.
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
# manifests first: packages are fetched anew only when one of these changes
COPY package.json package-lock.json .npmrc ./
COPY apps/portal/package.json apps/portal/
COPY packages/mirror/package.json packages/mirror/
COPY packages/ui/package.json packages/ui/
# no install scripts: none of what is needed here has one that matters
RUN npm install --no-save --ignore-scripts --no-audit --no-fund --include-workspace-root --workspace=@matricula/portal --workspace=@matricula/mirror --workspace=@matricula/ui
COPY . .
RUN node scripts/build.mjs && node scripts/bundle.mjs

FROM ${NODE_IMAGE} AS portal
# pages are made of short-lived strings: with 64 MB for the young ones the collector takes a tenth to a quarter less of the processor
ENV NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=64 PATH=/app/bin:$PATH
WORKDIR /app
COPY --from=build /build/dist/images/portal ./
USER node
EXPOSE 5000
# ready: it serves, and its database answers
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 CMD ["node", "bin/healthy.js", "http://127.0.0.1:5000/readyz"]
ENTRYPOINT ["portal"]
CMD ["serve", "--host", "0.0.0.0", "--port", "5000"]

FROM ${NODE_IMAGE} AS mirror
ENV NODE_ENV=production PATH=/app/bin:$PATH
WORKDIR /app
COPY --from=build /build/dist/images/mirror ./
USER node
EXPOSE 8080
# alive: a mirror that is paused, loads, or waits for a database or a decision is not ill; /readyz tells those apart
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "bin/healthy.js", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["mirror"]
CMD ["run", "--listen", "0.0.0.0:8080"]
