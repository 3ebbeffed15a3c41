using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Parts;
using SmartCity.Web.Languages;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Core;

/// <summary>
/// What Live pages show, those of this process or of one reader: the newest sightings and today's figures, held once and asked of the core once however many people
/// watch. Pages hear of changes at most twice a second, and every two seconds of more than anybody could follow. Keepers are masked here: the console's own key may not see them.
/// </summary>
/// <param name="core">With the console's own key, or as the reader whose board it is.</param>
public sealed class LiveBoard(CoreClient core, TimeProvider time, ILogger<LiveBoard> logger) : IDisposable
{
    /// <summary>Sightings that are held.</summary>
    public const int Kept = 1000;

    private const int AtStart = 200;
    // More in a beat than anybody could follow: the list is another one each time, and drawing it takes the machine from what the city does.
    private const int Flood = 100;
    private const int BeatsOfFlood = 4;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SummaryEvery = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<SightingView> _arrived = [];
    private ITimer? _timer;
    private Action? _watchers;
    private long _asked;
    private bool _asking;
    private volatile bool _filled;
    private volatile HttpRequestException? _trouble;
    private int _heldBack;

    /// <summary>Newest first. A new list with each change.</summary>
    public IReadOnlyList<SightingView> Newest { get; private set; } = [];

    /// <summary>Null until the core has said it once.</summary>
    public LiveSummary? Summary { get; private set; }

    /// <summary>What is wrong, for people; null when nothing is.</summary>
    public string? Problem => _trouble is { } trouble ? Say("{0} The page continues on its own as soon as it answers.", Wording.Trouble(trouble)) : null;

    /// <summary>Takes in what has just happened; the next beat shows it.</summary>
    public void Receive(LiveEvent live)
    {
        if (live.Sighting is not { } sighting)
        {
            return;
        }

        lock (_lock)
        {
            _arrived.Add(sighting);
            if (_arrived.Count > 2 * Kept)
            {
                _arrived.RemoveRange(0, Kept);
            }
        }
    }

    /// <summary>Asks once more for the newest: what passed while the stream was away came from nowhere.</summary>
    public void Refill() => _filled = false;

    /// <summary>Calls back, on a thread of its own and in the language of whoever asked, whenever something has changed, until what it gives is disposed.</summary>
    public IDisposable Watch(Action changed)
    {
        // The beat is of whoever came first, with that one's language.
        var reader = new ReadersCulture();
        Action tell = () =>
        {
            reader.Speak();
            changed();
        };
        lock (_lock)
        {
            _watchers += tell;
            _timer ??= time.CreateTimer(_ => Beat(), null, TimeSpan.Zero, Tick);
        }

        return new Watcher(this, tell);
    }

    /// <summary>The newest of a station, class or zone, further back than what is held.</summary>
    public async Task<IReadOnlyList<SightingView>> OlderAsync(LiveFilter filter, CancellationToken cancellationToken) =>
        (await core.SightingsAsync(filter.Station, filter.Class, filter.Zone, AtStart, cancellationToken)).Items;

    public void Dispose()
    {
        _timer?.Dispose();
        _stop.Cancel();
        _stop.Dispose();
    }

    private void Beat()
    {
        var changed = !HoldsBack() && Merge();
        if (!_asking && (Summary is null || time.GetElapsedTime(_asked) >= SummaryEvery))
        {
            _ = AskAsync();
        }

        if (changed)
        {
            Tell();
        }
    }

    private bool HoldsBack()
    {
        lock (_lock)
        {
            _heldBack = _arrived.Count >= Flood && _heldBack < BeatsOfFlood - 1 ? _heldBack + 1 : 0;
            return _heldBack > 0;
        }
    }

    // What passed while the board was filled is in both, and what the core sends again may be here already.
    private bool Merge(IReadOnlyList<SightingView>? more = null)
    {
        lock (_lock)
        {
            if (_arrived.Count == 0 && more is null)
            {
                return false;
            }

            // Of what is older than a full page nobody knows whether something is missing in between.
            var held = more is { Count: AtStart } ? Newest.Where(s => s.CapturedAt >= more[^1].CapturedAt) : Newest;
            Newest = [.. _arrived.Concat(more ?? []).Concat(held).DistinctBy(s => s.Id).OrderByDescending(s => s.CapturedAt).ThenByDescending(s => s.Id).Take(Kept)];
            _arrived.Clear();
            return true;
        }
    }

    private async Task AskAsync()
    {
        _asking = true;
        try
        {
            if (!_filled)
            {
                _filled = true;
                await FillAsync();
            }

            Summary = await core.LiveSummaryAsync(_stop.Token);
            _trouble = null;
        }
        catch (HttpRequestException e)
        {
            if (_trouble is null)
            {
                logger.LogWarning("The Live page's figures are old: {Error}", e.Message);
            }

            _trouble = e;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
        finally
        {
            _asked = time.GetTimestamp();
            _asking = false;
        }

        Tell();
    }

    private async Task FillAsync()
    {
        try
        {
            Merge((await core.SightingsAsync(AtStart, _stop.Token)).Items);
        }
        catch
        {
            _filled = false;
            throw;
        }
    }

    private void Tell()
    {
        Action? watchers;
        lock (_lock)
        {
            watchers = _watchers;
        }

        watchers?.Invoke();
    }

    private void Leave(Action changed)
    {
        lock (_lock)
        {
            _watchers -= changed;
            if (_watchers is null)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
    }

    private sealed class Watcher(LiveBoard board, Action changed) : IDisposable
    {
        public void Dispose() => board.Leave(changed);
    }
}
