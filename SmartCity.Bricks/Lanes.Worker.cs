namespace SmartCity.Bricks;

internal sealed partial class Lanes<T>
{
    /// <summary>A place to work: one event at a time, of whichever lane is the next.</summary>
    private sealed class Worker(Lanes<T> lanes) : IThreadPoolWorkItem, IDisposable
    {
        private readonly Attempt _attempt = new(lanes._flow.Clock, lanes._abort.Token);

        public Lane? Lane { get; set; }

        public Arrival<T> Arrival { get; set; }

        /// <summary>When it began to work on the event.</summary>
        public long Since { get; set; }

        public bool IsOnGone => Lane is not null && Arrival.Place?.IsGone == true;

        public void Cancel() => _attempt.Cancel();

        public void Dispose() => _attempt.Dispose();

        public void Execute() => _ = RunAsync();

        private async Task RunAsync()
        {
            try
            {
                for (var lane = lanes.Next(this, null, null); lane is not null;)
                {
                    lane = lanes.Next(this, lane, await WorkAsync(lane));
                }
            }
            catch (Exception e)
            {
                // Nothing after this is said to be done.
                lanes.Fail(this, e);
            }
        }

        // When the lane's first event is tried again; null when it is done with.
        private async ValueTask<TimeSpan?> WorkAsync(Lane lane)
        {
            var (flow, arrival) = (lanes._flow, Arrival);
            if (IsOnGone)
            {
                return null; // whoever has its partition now works on it
            }

            if (lane.Letter is null)
            {
                var (e, unreadable) = (arrival.Event, (string?)null);
                if (e is not null || lanes._reader!.TryRead(arrival.Record!, arrival.Key, out e, out unreadable))
                {
                    var result = await flow.TryAsync(e!, _attempt, isFirst: lane.Made == 0);
                    if (result.Kind == ResultKind.Done)
                    {
                        arrival.Place?.Done();
                    }

                    if (result.Kind == ResultKind.Done || IsOnGone)
                    {
                        return null;
                    }

                    lane.Made++;
                    if (result.Kind == ResultKind.Failed && lane.Made < flow.Attempts)
                    {
                        BricksTelemetry.Retried.Add(1);
                        return flow.WaitAfter(lane.Made);
                    }

                    lane.Letter = flow.Letter(e!, result, lane.Made);
                }

                BricksTelemetry.Dead.Add(1);
                lane.Letter = arrival.Record is null ? lane.Letter : lanes._reader!.Letter(arrival.Record, lane.Letter, unreadable);
                lane.Made = 0;
            }

            return await BuryAsync(lane, lane.Letter!);
        }

        // Dead letters must go somewhere: until they have, nothing of their key goes on.
        private async ValueTask<TimeSpan?> BuryAsync(Lane lane, DeadLetter letter)
        {
            if (lanes._bury is null)
            {
                throw new InvalidOperationException($"Event {letter.Id} of {letter.Source} could not be done, and the flow has no DeadLetters to take it: {letter.Reason}");
            }

            try
            {
                await lanes._bury(letter, lanes._abort.Token);
                lanes.Trouble = null;
                Arrival.Place?.Done();
                return null;
            }
            catch (Exception e) when (!lanes._abort.IsCancellationRequested)
            {
                BricksTelemetry.Unburied.Add(1);
                lanes.Trouble = $"The dead letters do not take event {letter.Id} of {letter.Source}, so nothing of its key goes on: {e.Message}";
                return lanes._flow.WaitAfter(++lane.Made);
            }
        }
    }
}
