using SmartCity.Contracts.Api;

namespace SmartCity.Core.Vehicles;

/// <summary>Rows of a file that were left out: all are counted, the first are named.</summary>
internal sealed class ImportRejections
{
    private const int MostNamed = 1_000;

    private readonly List<ImportError> _named = [];
    private long _count;

    public void Add(long line, string why)
    {
        _count++;
        if (_named.Count < MostNamed)
        {
            _named.Add(new ImportError(line, why));
        }
    }

    public ImportReport Of(long read) => new(read, read - _count, _count, _named);
}
