# Expected values of tests/unit/test_auc.c, by scikit-learn; prints them.
import numpy as np
import sklearn
from sklearn.metrics import average_precision_score, roc_auc_score

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
