using System.CommandLine;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using OpenCvSharp;
using SmartCity.Edge.Cameras.Simulation;
using SmartCity.Recognition;

namespace SmartCity.Bench;

/// <summary><c>bench frame</c>: time and managed memory of one frame once everything is warm.</summary>
internal static class FrameBench
{
    public static Command Create()
    {
        var command = new Command("frame", "Time and managed memory of one frame in steady state (BenchmarkDotNet).");
        command.SetAction(_ =>
        {
            var artifacts = Directory.CreateTempSubdirectory("smartcity-bench-");
            try
            {
                BenchmarkRunner.Run<FrameBenchmarks>(ManualConfig.Create(DefaultConfig.Instance)
                    .WithArtifactsPath(artifacts.FullName)
                    .AddJob(Job.ShortRun.WithToolchain(new InProcessNoEmitToolchain(TimeSpan.FromMinutes(10), logOutput: false))));
            }
            finally
            {
                artifacts.Delete(recursive: true);
            }

            return 0;
        });
        return command;
    }
}

/// <summary>A simulated camera's frame, 640 × 360: an empty street, and a vehicle whose plate is near enough to be read.</summary>
[MemoryDiagnoser]
public class FrameBenchmarks
{
    private PlateRecogniser _recogniser = null!;
    private Mat _empty = null!;
    private Mat _vehicle = null!;
    private IReadOnlyList<PlateQuad> _quads = [];

    [Params("city-read-1", "ppocr-v4")]
    public string Models { get; set; } = "";

    [GlobalSetup]
    public void Warm()
    {
        _recogniser = Contender.Parse(Models).Create();
        using var traffic = new SimulatedTraffic(5, Weather.Day);
        _empty = traffic.Empty();
        using var pass = traffic.Next();
        _vehicle = pass.Draw(pass.Frames / 2).Picture;
        _quads = _recogniser.Detect(_vehicle);
        _recogniser.Recognise(_vehicle);
        _recogniser.Recognise(_empty);
    }

    [GlobalCleanup]
    public void Cool()
    {
        _recogniser.Dispose();
        _empty.Dispose();
        _vehicle.Dispose();
    }

    [Benchmark]
    public int EmptyStreet() => _recogniser.Recognise(_empty).Count;

    /// <summary>The whole step: detect, read, country, grammars; the reading with it.</summary>
    [Benchmark]
    public int Vehicle() => _recogniser.Recognise(_vehicle).Count;

    [Benchmark]
    public int DetectVehicle() => _recogniser.Detect(_vehicle).Count;

    [Benchmark]
    public int ReadVehicle() => _recogniser.Read(_vehicle, _quads).Count;
}
