-- Retention goes through passages by their beginning, for which there is an index already; this one was a tenth of what a passage wrote. No statement needs it
-- to be right: a core of the release before that is still there is slower at its retention, and at nothing else.
drop index passages_last;
