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
	GONGZHI_ROWS=$(ROWS) $(GO) test -count 1 -run Million -v -timeout 60m ./internal/handling
	GONGZHI_DOCS=$(ROWS) $(GO) test -count 1 -run Million -v -timeout 60m ./internal/classifier
	./scripts/packages.sh chromium fonts-noto-cjk
	GONGZHI_TYPING=6000 REQUIRE_BROWSER=1 $(GO) test -count 1 -run 'TestTyping$$' -v -timeout 30m ./internal/app

MESSAGES = $(REAL)/messages
UNLABELLED = --unlabelled $(MESSAGES)/unlabelled.csv --unlabelled $(MESSAGES)/stream_2019.csv --unlabelled $(MESSAGES)/replied_before_2018.csv
TEXT     = --text 留言主题,留言详情
CLASSIFY = ./bin/gongzhi eval classify $(UNLABELLED) $(TEXT) --label 一级分类 --json
SEEDS    = --train $(MESSAGES)/labelled.csv --folds 5 --seed 0 --repeat 3

# Classes: beside other systems on the same folds, from few examples, and from nothing but the names of a catalogue.
eval: build
	./scripts/packages.sh fasttext python3-sklearn
	$(CLASSIFY) $(SEEDS) --write-folds bin/folds.csv
	/usr/bin/python3 ./scripts/peers_classify.py $(MESSAGES)/labelled.csv bin/folds.csv 一级分类 留言主题 留言详情
	for n in 137 274 549; do $(CLASSIFY) $(SEEDS) --learn $$n || exit; done
	sed '1s/.*/一级分类,留言主题,留言详情/' $(MESSAGES)/taxonomy.csv > bin/names.csv
	$(CLASSIFY) --train bin/names.csv --test $(MESSAGES)/labelled.csv
	./bin/gongzhi eval places --file $(MESSAGES)/unlabelled.csv --id 留言编号 $(TEXT) --gazetteer $(REAL)/geo/streets_430100.csv --gazetteer $(REAL)/geo/communities_430100.csv --labels internal/place/mention/testdata/places_300.csv --hold 3 --json
	./bin/gongzhi eval duplicates --file $(MESSAGES)/stream_2019.csv --id 留言编号 $(TEXT) --time 留言时间 --json
	./bin/gongzhi eval duplicates --file $(REAL)/boston311/requests_2011-07_09.csv --id case_enquiry_id --text case_title,type --time open_dt --lat latitude --lon longitude --json
	./bin/gongzhi eval replies --file $(MESSAGES)/replied_before_2018.csv --id 留言编号 --request 留言主题,留言详情 --reply 答复意见 --judged internal/reply/testdata/judged.csv --json
	GONGZHI_EVAL=1 GONGZHI_SHARED=required $(GO) test -count 1 -run 'TruePartners|CopiesAre' -v -timeout 30m ./internal/request
	GONGZHI_SHARED=required $(GO) test -count 1 -run PublishedFigures -v ./internal/command
	GONGZHI_CASES=100000 $(GO) test -count 1 -run 'Generated|StopsAddUp|ShiftAfter' -v -timeout 30m ./internal/calendar

clean:
	rm -rf bin demo-data
