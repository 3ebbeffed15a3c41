using SmartCity.ServiceDefaults;

namespace SmartCity.Edge.Publishing;

/// <summary>Which pictures go to the object store next: those of wanted vehicles, then the newest; one that was refused waits longer and longer. Thread-safe.</summary>
internal sealed class PictureQueue(TimeProvider time)
{
    /// <summary>Attempts after which a picture is said to be set aside.</summary>
    public const int SetAsideAfter = 5;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly SortedSet<PictureName> _ready = [];
    private readonly HashSet<PictureName> _wanted = [];
    private readonly Dictionary<PictureName, Refusal> _refused = [];

    /// <summary>Pictures that the object store does not have yet, those that are set aside left out.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                // One that was refused is ready again when its time has come.
                return _ready.Count + _refused.Sum(r => _ready.Contains(r.Key) ? (r.Value.Failed < SetAsideAfter ? 0 : -1) : (r.Value.Failed < SetAsideAfter ? 1 : 0));
            }
        }
    }

    /// <summary>Pictures that the object store refused several times and that are tried again now and then.</summary>
    public int SetAside
    {
        get
        {
            lock (_gate)
            {
                return _refused.Values.Count(r => r.Failed >= SetAsideAfter);
            }
        }
    }

    /// <param name="wanted">It goes before others.</param>
    public void Add(PictureName name, bool wanted = false)
    {
        lock (_gate)
        {
            _ready.Add(name);
            if (wanted)
            {
                _wanted.Add(name);
            }
        }
    }

    /// <summary>Those that are to be put next; empty when none is due.</summary>
    public List<PictureName> Next(int most)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            foreach (var (name, _) in _refused.Where(r => r.Value.DueAt <= now).ToList())
            {
                _ready.Add(name);
            }

            return [.. _wanted.Where(_ready.Contains).OrderDescending().Concat(_ready.Reverse().Where(name => !_wanted.Contains(name))).Take(most)];
        }
    }

    /// <summary>The object store did not take a picture: others have their turn first.</summary>
    /// <param name="others">Whether it takes others: then it is this picture, which is tried more and more seldom.</param>
    public void Refused(PictureName name, bool others)
    {
        lock (_gate)
        {
            var failed = (_refused.TryGetValue(name, out var before) ? before.Failed : 0) + (others ? 1 : 0);
            _refused[name] = new Refusal(failed, time.GetUtcNow() + Backoff.After(Math.Max(1, failed), FirstRetry, LongestRetry));
            _ready.Remove(name);
        }
    }

    /// <summary>The object store has it.</summary>
    public void Remove(PictureName name)
    {
        lock (_gate)
        {
            _ready.Remove(name);
            _wanted.Remove(name);
            _refused.Remove(name);
        }
    }

    private readonly record struct Refusal(int Failed, DateTimeOffset DueAt);
}
