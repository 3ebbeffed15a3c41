using SmartCity.Contracts.Api;

namespace SmartCity.Core.Api;

/// <summary>Rows of an import that were left out: all are counted, the first are named.</summary>
internal sealed class ImportRejections
{
    /// <summary>So many are named.</summary>
    public const int MostNamed = 1_000;

    private readonly List<ImportError> _named = [];
    private long _count;

    /// <summary>Whether no further row is named.</summary>
    public bool IsFull => _named.Count == MostNamed;

    /// <returns>Whether the row is among those that are named.</returns>
    public bool Add(long line, string why)
    {
        _count++;
        if (_named.Count == MostNamed)
        {
            return false;
        }

        _named.Add(new ImportError(line, why));
        return true;
    }

    /// <param name="read">Rows of the whole import.</param>
    public ImportReport Of(long read) => new(read, read - _count, _count, _named);
}
