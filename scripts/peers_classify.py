#!/usr/bin/python3
"""Classifies the folds that `gongzhi eval classify --write-folds` wrote with two published systems, for comparison.

Character n-grams of one to three with TF-IDF and a linear support vector machine (scikit-learn), and fastText with
character unigrams and bigrams. Prints one JSON object: macro-F1 of each fold and documents per CPU second of one thread.
"""
import csv, json, re, subprocess, sys, tempfile, time, unicodedata
from collections import defaultdict

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.svm import LinearSVC

file, folds, label, *columns = sys.argv[1:]
rows = list(csv.DictReader(open(file, encoding="utf-8-sig")))
clean = lambda s: re.sub(r"\s+", "", unicodedata.normalize("NFKC", s)).lower()
texts = [clean("。".join(r[c] for c in columns)) for r in rows]
labels = [r[label].strip() for r in rows]
by_seed = defaultdict(lambda: defaultdict(list))
for r in csv.DictReader(open(folds)):
    by_seed[r["seed"]][r["fold"]].append(int(r["row"]))


def svm(train, test):
    v = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    m = LinearSVC(C=1.0).fit(v.fit_transform([texts[i] for i in train]), [labels[i] for i in train])
    began = time.process_time()
    said = m.predict(v.transform([texts[i] for i in test]))
    return said, len(test) / (time.process_time() - began)


def fasttext(train, test):
    spaced = lambda i: " ".join(texts[i])
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/train", "w") as f:
            f.writelines(f"__label__{labels[i]} {spaced(i)}\n" for i in train)
        many = [spaced(i) for _ in range(40) for i in test]
        for name, list_ in (("one", many[:1]), ("test", [spaced(i) for i in test]), ("many", many)):
            open(f"{d}/{name}", "w").write("\n".join(list_) + "\n")
        subprocess.run(["fasttext", "supervised", "-input", d + "/train", "-output", d + "/m", "-wordNgrams", "2", "-minCount", "2", "-epoch", "50",
                        "-lr", "0.5", "-dim", "100", "-thread", "1", "-bucket", "200000", "-verbose", "0"], check=True, stderr=subprocess.DEVNULL)

        def predict(name):
            began = time.perf_counter()
            out = subprocess.run(["fasttext", "predict", d + "/m.bin", f"{d}/{name}"], check=True, capture_output=True, text=True).stdout
            return out.split(), time.perf_counter() - began

        _, start = predict("one")
        _, long = predict("many")
        said, _ = predict("test")
        return [s.removeprefix("__label__") for s in said], len(many) / max(long - start, 1e-6)


out = {}
for name, system in (("svm", svm), ("fasttext", fasttext)):
    f1, speed = [], []
    for seed in sorted(by_seed):
        for fold in sorted(by_seed[seed]):
            test = by_seed[seed][fold]
            held = set(test)
            train = [i for i in range(len(rows)) if i not in held]
            said, docs = system(train, test)
            f1.append(f1_score([labels[i] for i in test], said, average="macro"))
            speed.append(docs)
    out[name] = {"macro_f1": sum(f1) / len(f1), "macro_f1_of_folds": f1, "predict_docs_per_second": max(speed)}
print(json.dumps(out))
