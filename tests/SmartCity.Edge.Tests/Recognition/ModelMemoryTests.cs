using OpenCvSharp;

namespace SmartCity.Edge.Tests.Recognition;

/// <summary>What the process holds is measured, so nothing runs beside it.</summary>
[Collection(nameof(Alone))]
public sealed class ModelMemoryTests(OwnModelsTests.Own own) : IClassFixture<OwnModelsTests.Own>
{
    private const int MostBytes = 24_000_000;
    private const int Sizes = 8;
    private const int Step = 32;
    private const int PinnedObjectHeap = 4;

    [Fact]
    public void Pictures_of_many_sizes_leave_no_memory_for_each_size_behind()
    {
        Look(384);
        var before = Pinned();

        for (var n = 1; n <= Sizes; n++)
        {
            Look(384 + n * Step);
        }

        Assert.InRange(Pinned() - before, long.MinValue, MostBytes);
    }

    // What the models take is pinned, and little else is: what other tests have left elsewhere does not matter.
    private static long Pinned()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        var heap = GC.GetGCMemoryInfo(GCKind.FullBlocking).GenerationInfo[PinnedObjectHeap];
        return heap.SizeAfterBytes - heap.FragmentationAfterBytes;
    }

    private void Look(int height)
    {
        for (var n = 1; n <= Sizes; n++)
        {
            using var picture = new Mat(height, 384 + n * Step, MatType.CV_8UC3, new Scalar(140, 130, 120));
            own.Models.Detect(picture);
        }
    }

    [CollectionDefinition(nameof(Alone), DisableParallelization = true)]
    public sealed class Alone;
}
