# make demo   a living demonstration city in the browser
# make test   everything the tests need, and all of them, on both databases
# make check  format, generated files, vet, shape
# make bench  speed as ratios, measured in one run
# make eval   right as figures, on the real data in ../shared
# make build  bin/gongzhi

GO      ?= go
ADDR    ?= 127.0.0.1:8080
DATA    ?= demo-data
SEED    ?= 1
ROWS    ?= 1000000
TESTS   ?= ./...
REAL    ?= ../shared/data
PACKAGES = postgresql chromium fonts-noto-cjk

.PHONY: demo test check bench eval build assets node generate clean

build: assets
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o bin/gongzhi ./cmd/gongzhi

demo: build
	./bin/gongzhi demo --addr $(ADDR) --data $(DATA) --seed $(SEED) --open

# The style sheet and scripts, minified by a Go program into the binary.
assets:
	$(GO) run ./internal/page/assets/build

node: node_modules/.package-lock.json

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --silent --no-audit --no-fund

test: assets node
	./scripts/packages.sh $(PACKAGES)
	REQUIRE_POSTGRES=1 REQUIRE_BROWSER=1 $(GO) test -timeout 30m $(TESTS)

check: generate
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	@git diff --exit-code --stat -- '*_templ.go' || { echo "generated files are stale: commit what make generate made"; exit 1; }
	$(GO) vet ./...
	$(GO) test ./internal/arch ./internal/locale

generate:
	$(GO) tool templ generate -path internal >/dev/null

bench: assets
	./scripts/packages.sh postgresql
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 30m ./internal/sqldb ./internal/matter ./internal/job ./internal/intake/open311 ./internal/app
	GONGZHI_ROWS=$(ROWS) $(GO) test -run Million -v -timeout 30m ./internal/request
	./scripts/packages.sh chromium fonts-noto-cjk
	GONGZHI_TYPING=6000 REQUIRE_BROWSER=1 $(GO) test -count 1 -run 'TestTyping$$' -v -timeout 30m ./internal/app

eval: build
	./scripts/packages.sh fasttext python3-sklearn
	./bin/gongzhi eval classify --train $(REAL)/messages/labelled.csv --unlabelled $(REAL)/messages/unlabelled.csv --unlabelled $(REAL)/messages/stream_2019.csv --unlabelled $(REAL)/messages/replied_before_2018.csv --text 留言主题,留言详情 --label 一级分类 --folds 5 --seed 0 --repeat 3 --write-folds bin/folds.csv --json
	/usr/bin/python3 ./scripts/peers_classify.py $(REAL)/messages/labelled.csv bin/folds.csv 一级分类 留言主题 留言详情
	./bin/gongzhi eval places --file $(REAL)/messages/unlabelled.csv --id 留言编号 --text 留言主题,留言详情 --gazetteer $(REAL)/geo/streets_430100.csv --gazetteer $(REAL)/geo/communities_430100.csv --labels internal/place/mention/testdata/places_300.csv --hold 3 --json
	./bin/gongzhi eval duplicates --file $(REAL)/messages/stream_2019.csv --id 留言编号 --text 留言主题,留言详情 --time 留言时间 --json
	./bin/gongzhi eval duplicates --file $(REAL)/boston311/requests_2011-07_09.csv --id case_enquiry_id --text case_title,type --time open_dt --lat latitude --lon longitude --json
	GONGZHI_EVAL=1 GONGZHI_SHARED=required $(GO) test -count 1 -run 'TruePartners|CopiesAre' -v -timeout 30m ./internal/request

clean:
	rm -rf bin demo-data
