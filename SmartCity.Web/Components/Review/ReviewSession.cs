using SmartCity.Contracts.Api;
using SmartCity.Web.Core;

namespace SmartCity.Web.Components.Review;

/// <summary>The cases in front of one person: the first is shown, the next ones wait, and what was done can be taken back.</summary>
internal sealed class ReviewSession(CoreClient core, TimeProvider time)
{
    private const int Ahead = 12;
    private const int FetchBelow = 6;

    private readonly HashSet<Guid> _done = [];
    private readonly Stack<(ReviewTask Task, bool PutOff)> _before = new();
    private List<ReviewTask> _waiting = [];
    private Task? _fetching;
    private DateTimeOffset? _began;

    public string? Kind { get; private set; }

    /// <summary>The version whose readings are looked at; null for any.</summary>
    public string? Version { get; private set; }

    public ReviewTask? Current => _waiting.FirstOrDefault();

    /// <summary>Whose pictures the browser may load before they are needed.</summary>
    public IEnumerable<SightingView> Next => _waiting.Skip(1).Take(2).Select(t => t.Sighting);

    public bool CanUndo => _before.Count > 0;

    /// <summary>Cases done since the page was opened.</summary>
    public int Done { get; private set; }

    /// <summary>Cases a minute since the first; null before there are enough to tell.</summary>
    public double? Rate => Done >= 3 && _began is { } began && (time.GetUtcNow() - began).TotalMinutes is > 0 and var minutes ? Done / minutes : null;

    /// <summary>Begins with a kind of case, or all, of a version's readings, or any; what was in front is given back.</summary>
    public async Task BeginAsync(string? kind, string? version, CancellationToken cancellationToken)
    {
        if (_fetching is not null)
        {
            await _fetching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (_waiting.Count > 0)
        {
            await core.GiveReviewBackAsync(cancellationToken);
        }

        // What was put off a moment ago waits under another kind.
        _done.Clear();
        (_waiting, Kind, Version) = ([], kind, version);
        await FetchAsync(cancellationToken);
    }

    /// <summary>Decides the case in front and goes on to the next.</summary>
    public async Task<ReviewOutcome> DecideAsync(ReviewResolution resolution, string? reason, CancellationToken cancellationToken)
    {
        var task = Current!;
        _began ??= time.GetUtcNow();
        var outcome = await core.DecideAsync(task.Sighting.Id, resolution, reason, cancellationToken);
        await GoOnAsync(task, putOff: false, cancellationToken);
        return outcome;
    }

    public async Task PutOffAsync(CancellationToken cancellationToken)
    {
        var task = Current!;
        _began ??= time.GetUtcNow();
        await core.PutOffAsync(task.Case.Id, off: true, cancellationToken);
        await GoOnAsync(task, putOff: true, cancellationToken);
    }

    /// <summary>Goes on without a decision: somebody else has it, has decided, or is to.</summary>
    /// <param name="comesAgain">Whether the case may come again, as one whose reading is another by now.</param>
    public async Task DropAsync(bool comesAgain, CancellationToken cancellationToken)
    {
        if (!comesAgain)
        {
            _done.Add(Current!.Sighting.Id);
        }

        _waiting.RemoveAt(0);
        await FillAsync(cancellationToken);
    }

    /// <summary>Takes the last step back and puts its case in front again.</summary>
    public async Task UndoAsync(string? reason, CancellationToken cancellationToken)
    {
        var (task, putOff) = _before.Peek();
        if (putOff)
        {
            await core.PutOffAsync(task.Case.Id, off: false, cancellationToken);
        }
        else
        {
            await core.UndoDecisionAsync(task.Sighting.Id, reason, cancellationToken);
        }

        _before.Pop();
        _done.Remove(task.Sighting.Id);
        _waiting.RemoveAll(t => t.Sighting.Id == task.Sighting.Id);
        _waiting.Insert(0, task);
        Done--;
    }

    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_waiting.Count > 0)
        {
            await core.GiveReviewBackAsync(cancellationToken);
        }
    }

    private async Task GoOnAsync(ReviewTask task, bool putOff, CancellationToken cancellationToken)
    {
        _before.Push((task, putOff));
        _done.Add(task.Sighting.Id);
        Done++;
        _waiting.Remove(task);
        await FillAsync(cancellationToken);
    }

    // The next cases are fetched while the person looks at those that are there.
    private async Task FillAsync(CancellationToken cancellationToken)
    {
        if (_waiting.Count == 0)
        {
            await FetchAsync(cancellationToken);
        }
        else if (_waiting.Count < FetchBelow && _fetching is not { IsCompleted: false })
        {
            _fetching = FetchAsync(cancellationToken);
        }
    }

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        var taken = await core.ClaimReviewAsync(new ReviewClaim(Kind, Ahead, Version), cancellationToken);
        var known = _waiting.Select(t => t.Sighting.Id).ToHashSet();
        _waiting.AddRange(taken.Where(t => !_done.Contains(t.Sighting.Id) && !known.Contains(t.Sighting.Id)));
    }
}
