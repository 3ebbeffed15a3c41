using System.Globalization;

namespace SmartCity.Edge.Publishing;

/// <summary>
/// How far a spool is delivered, kept over restarts. Lost or behind, it costs repeated deliveries and never a sighting: it moves on in memory
/// whether or not the disk takes it.
/// </summary>
internal sealed class SpoolCursor
{
    private readonly string _file;
    private readonly Lock _gate = new();
    private SpoolPosition _position;
    private bool _isKept = true;
    private Dictionary<int, long> _acknowledged;

    /// <param name="file">Where the position is kept.</param>
    /// <param name="start">Where the oldest record that is kept begins; taken when no position is known.</param>
    /// <param name="end">Where the log ends; a position behind it is not believed.</param>
    public SpoolCursor(string file, SpoolPosition start, SpoolPosition end)
    {
        _file = file;
        var (known, acknowledged) = Read(file);
        _acknowledged = acknowledged;
        _position = known is { } position && position.CompareTo(start) >= 0 && position.CompareTo(end) <= 0 ? position : start;
    }

    public SpoolPosition Position
    {
        get
        {
            lock (_gate)
            {
                return _position;
            }
        }
    }

    /// <summary>Why the disk does not have the position; null when it does.</summary>
    public string? Trouble { get; private set; }

    /// <summary>The last offset that Kafka gave, by partition, in earlier processes too.</summary>
    public Dictionary<int, long> Acknowledged
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<int, long>(_acknowledged);
            }
        }
    }

    /// <summary>Kafka acknowledged a record.</summary>
    public void Acknowledge(int partition, long offset)
    {
        lock (_gate)
        {
            _acknowledged[partition] = Math.Max(offset, _acknowledged.GetValueOrDefault(partition, -1));
            _isKept = false;
        }
    }

    /// <summary>What Kafka acknowledged before it has lost.</summary>
    public void ForgetAcknowledged()
    {
        lock (_gate)
        {
            _acknowledged = [];
            _isKept = false;
        }
    }

    /// <summary>Moves on, unless it was rewound since it stood at <paramref name="from"/>.</summary>
    public void Advance(SpoolPosition from, SpoolPosition to)
    {
        lock (_gate)
        {
            if (_position == from)
            {
                (_position, _isKept) = (to, false);
            }
        }
    }

    /// <summary>Moves back; false when it lies there or before already.</summary>
    public bool Rewind(SpoolPosition to)
    {
        lock (_gate)
        {
            if (to.CompareTo(_position) >= 0)
            {
                return false;
            }

            (_position, _isKept) = (to, false);
            return true;
        }
    }

    /// <summary>Puts the position on the disk when it is not there yet; a disk that does not take it is asked again the next time.</summary>
    public void Keep()
    {
        lock (_gate)
        {
            if (_isKept)
            {
                return;
            }

            try
            {
                var beside = _file + ".new";
                File.WriteAllText(beside, string.Create(CultureInfo.InvariantCulture, $"{_position.Segment} {_position.Offset} {_position.Record}{string.Concat(_acknowledged.Select(a => $" {a.Key}:{a.Value}"))}"));
                File.Move(beside, _file, overwrite: true);
                (_isKept, Trouble) = (true, null);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Trouble = e.Message;
            }
        }
    }

    private static (SpoolPosition? Position, Dictionary<int, long> Acknowledged) Read(string file)
    {
        if (!File.Exists(file))
        {
            return (null, []);
        }

        var numbers = File.ReadAllText(file).Split(' ').Select(word => word.Split(':').Select(Number).ToArray()).ToArray();
        return numbers is [[>= 0 and var segment], [>= 0 and var offset], [>= 0 and var record], .. var acknowledged]
            ? (new SpoolPosition(segment, offset, record), acknowledged.Where(a => a is [>= 0, >= 0]).ToDictionary(a => (int)a[0], a => a[1]))
            : (null, []);
    }

    private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
