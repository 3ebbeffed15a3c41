using System.CommandLine;
using SmartCity.Bench;
using SmartCity.Bench.Crashes;
using SmartCity.Bench.Faces;
using SmartCity.Bench.Lake;
using SmartCity.Bench.Learning;
using SmartCity.Bench.Live;
using SmartCity.Bench.Memory;
using SmartCity.Bench.Pipeline;

#pragma warning disable CA1416 // the servers that are measured against run on Unix
var root = new RootCommand("Measures SmartCity, each figure beside a baseline of the same run.")
{
    RecognitionBench.Create(),
    TrackingBench.Create(),
    FrameBench.Create(),
    CameraBench.Create(),
    PipelineBench.Create(),
    HotlistBench.Create(),
    ChargesBench.Create(),
    ArchiveBench.Create(),
    LakeBench.Create(),
    SearchBench.Create(),
    ReportsBench.Create(),
    LiveBench.Create(),
    MemoryBench.Create(),
    BricksBench.Create(),
    FacesBench.Create(),
    LearningBench.Create(),
    CrashBench.Create(),
};
// Ctrl-C ends what was started before it ends the bench.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(2) });
