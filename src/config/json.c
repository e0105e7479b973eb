/* A node as JSON text: what a choice that is a list or mapping becomes. */
#include "config/draft.h"

static void append_scalar(const fid__node *node, fid_text *out)
{
    fid__scalar value = fid__scalar_of(node);
    switch (value.kind) {
    case FID__NULL:
        fid_text_append(out, "null");
        break;
    case FID__BOOL:
        fid_text_append(out, value.i ? "true" : "false");
        break;
    case FID__INT:
        fid_text_printf(out, "%lld", (long long)value.i);
        break;
    case FID__HUGE:
    case FID__FLOAT:
        fid_text_append_double(out, value.f);
        break;
    case FID__STRING:
        fid_text_append_json(out, node->text, node->n);
        break;
    }
}

/* Depth is bounded by the reader. */
void fid__node_to_json(const fid__node *node, fid_text *out)
{
    if (node->kind == FID__SCALAR) {
        append_scalar(node, out);
        return;
    }
    bool map = node->kind == FID__MAP;
    fid_text_append(out, map ? "{" : "[");
    for (const fid__node *at = node->first; at; at = at->next) {
        if (at != node->first)
            fid_text_append(out, ",");
        if (map) {
            fid_text_append_json(out, at->text, at->n);
            fid_text_append(out, ":");
        }
        fid__node_to_json(map ? at->value : at, out);
    }
    fid_text_append(out, map ? "}" : "]");
}
