using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace SmartCity.Recognition;

/// <summary>Opens ONNX models on the device that was asked for.</summary>
internal static partial class OnnxModel
{
    private static int _fellBack;

    /// <summary>A session, and the device that it runs on: cpu, cuda or tensorrt.</summary>
    /// <exception cref="InvalidOperationException">The device was asked for by name and is not there.</exception>
    public static (InferenceSession Session, string Device) Open(string path, RecognitionOptions options, ILogger logger)
    {
        var available = OrtEnv.Instance().GetAvailableProviders();
        foreach (var (device, provider) in Wanted(options.Device))
        {
            if (device == "cpu")
            {
                return (new InferenceSession(path, Settings(options)), device);
            }

            if (options.Device == RecognitionDevice.Auto && Volatile.Read(ref _fellBack) == 1)
            {
                continue;
            }

            try
            {
                if (!available.Contains(provider))
                {
                    throw new NotSupportedException($"this build of OnnxRuntime has no {provider}; build with -p:Gpu=true");
                }

                var settings = Settings(options);
                Append(device, settings);
                return (new InferenceSession(path, settings), device);
            }
            catch (Exception e) when (e is OnnxRuntimeException or NotSupportedException or DllNotFoundException or EntryPointNotFoundException)
            {
                var reason = Missing(device) is { } library ? $"{library} is not on this machine ({Needs(device)})" : e.Message.TrimEnd('.');
                if (options.Device != RecognitionDevice.Auto)
                {
                    throw new InvalidOperationException($"Recognition:Device is {device}, which cannot be used: {reason}. Install what is missing, or set Recognition:Device to cpu or auto.", e);
                }

                if (Interlocked.Exchange(ref _fellBack, 1) == 0)
                {
                    logger.LogInformation("Recognition runs on the CPU: {Reason}.", reason);
                }
            }
        }

        throw new InvalidOperationException("There is no device for recognition.");
    }

    // What goes wrong is thrown; OnnxRuntime's own lines on the console say it less well.
    private static void Append(string device, Microsoft.ML.OnnxRuntime.SessionOptions settings)
    {
        var environment = OrtEnv.Instance();
        var level = environment.EnvLogLevel;
        environment.EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        try
        {
            if (device == "cuda")
            {
                settings.AppendExecutionProvider_CUDA();
            }
            else
            {
                settings.AppendExecutionProvider_Tensorrt();
            }
        }
        finally
        {
            environment.EnvLogLevel = level;
        }
    }

    private static string Needs(string device) => $"{device} needs NVIDIA's driver, CUDA 13, cuDNN 9{(device == "tensorrt" ? " and TensorRT 10" : "")}";

    // OnnxRuntime says only that its provider can't be loaded; the loader says which library that stands on is not there.
    private static string? Missing(string device)
    {
        try
        {
            NativeLibrary.Free(NativeLibrary.Load($"onnxruntime_providers_{device}", typeof(InferenceSession).Assembly, null));
            return null;
        }
        catch (DllNotFoundException e)
        {
            return NotFound().Matches(e.Message).Select(m => m.Value).FirstOrDefault(n => !n.Contains("onnxruntime", StringComparison.Ordinal));
        }
    }

    [GeneratedRegex(@"[\w+.-]+(?=: cannot open shared object file)")]
    private static partial Regex NotFound();

    private static (string Device, string Provider)[] Wanted(RecognitionDevice device) => device switch
    {
        RecognitionDevice.Cpu => [("cpu", "")],
        RecognitionDevice.Cuda => [("cuda", "CUDAExecutionProvider")],
        RecognitionDevice.TensorRt => [("tensorrt", "TensorrtExecutionProvider")],
        _ => [("cuda", "CUDAExecutionProvider"), ("cpu", "")],
    };

    private static Microsoft.ML.OnnxRuntime.SessionOptions Settings(RecognitionOptions options)
    {
        var settings = new Microsoft.ML.OnnxRuntime.SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            IntraOpNumThreads = options.ThreadsPerSession,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            EnableMemoryPattern = false, // one block for all of an inference, for each size of picture: three times the memory and no faster
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        settings.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        settings.AddSessionConfigEntry("session.set_denormal_as_zero", "1");
        return settings;
    }
}
