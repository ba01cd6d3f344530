# Expected values of tests/unit/eval/test_auc.c, by scikit-learn; prints them.
import numpy as np
import sklearn
from scipy.stats import norm
from sklearn.metrics import accuracy_score, average_precision_score, roc_auc_score

s = 1
def draw():
    global s
    s = (1664525 * s + 1013904223) % 2**32
    return s >> 8

n, k = 200, 5
score = np.zeros((n, k), np.float32)
label = np.zeros((n, k), int)
for i in range(n):
    for j in range(k):
        label[i, j] = draw() % 4 == 0
        score[i, j] = np.float32(draw() % 32 + 6 * label[i, j]) / np.float32(64)
print('scikit-learn', sklearn.__version__)
print('macro %.17g %.17g' % (roc_auc_score(label, score), average_precision_score(label, score)))
print('micro %.17g %.17g' % (roc_auc_score(label, score, average='micro'),
                             average_precision_score(label, score, average='micro')))

# one tag an item of ten; nobody has the last two
n, k = 150, 10
label = np.zeros((n, k), int)
score = np.zeros((n, k), np.float32)
for i in range(n):
    label[i, draw() % 8] = 1
    for j in range(k):
        score[i, j] = np.float32(draw() % 16 + 5 * label[i, j]) / np.float32(64)
some = label.any(0)
roc = roc_auc_score(label[:, some], score[:, some], average=None)
print('macro over %d tags %.17g %.17g' % (some.sum(), roc.mean(),
      average_precision_score(label[:, some], score[:, some])))
print('first tag %.17g %.17g' % (roc[0], average_precision_score(label[:, 0], score[:, 0])))
print("d' %.17g" % (2 ** 0.5 * norm.ppf(roc.mean())))
# the same with the first tag given to all: it says nothing, so it counts for nothing
all_ = label.copy()
all_[:, 0] = 1
some[0] = False
print('macro without the first %.17g %.17g' % (roc_auc_score(all_[:, some], score[:, some]),
      average_precision_score(all_[:, some], score[:, some])))
print('accuracy %.17g' % accuracy_score(label.argmax(1), score.argmax(1)))
