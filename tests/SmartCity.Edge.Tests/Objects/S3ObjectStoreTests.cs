using SmartCity.Edge.Tests.Objects;
using SmartCity.ServiceDefaults.Objects;

[assembly: AssemblyFixture(typeof(CephServer))]

namespace SmartCity.Edge.Tests.Objects;

/// <summary>The same promises on a real S3: Ceph, where it is installed.</summary>
public sealed class S3ObjectStoreTests(CephServer ceph) : ObjectStoreTests, IAsyncLifetime, IDisposable
{
    private S3ObjectStore? _store;

    protected override IObjectStore Store => _store!;

    // A bucket that is not there yet, for each test.
    public async ValueTask InitializeAsync() =>
        _store = new S3ObjectStore(ObjectStoreConnection.Parse($"{await ceph.StartedAsync()};Bucket=b-{Guid.NewGuid():n}"));

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    public void Dispose() => _store?.Dispose();

    [Fact]
    public async Task Many_objects_are_listed_over_pages()
    {
        await Parallel.ForAsync(0, 1010, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancelled }, async (i, token) =>
            await Store.PutAsync($"many/{i:0000}", new byte[1], Text, token));

        var count = 0;
        await foreach (var _ in Store.ListAsync("many/", Cancelled))
        {
            count++;
        }

        Assert.Equal(1010, count);
    }
}
