using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace SmartCity.Edge.Recognition;

/// <summary>Opens ONNX models on the device that was asked for.</summary>
internal static class OnnxModel
{
    private static int _fallBackSaid;

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

            try
            {
                if (!available.Contains(provider))
                {
                    throw new NotSupportedException($"this build of OnnxRuntime has no {provider}; build with -p:Gpu=true");
                }

                var settings = Settings(options);
                if (device == "cuda")
                {
                    settings.AppendExecutionProvider_CUDA();
                }
                else
                {
                    settings.AppendExecutionProvider_Tensorrt();
                }

                return (new InferenceSession(path, settings), device);
            }
            catch (Exception e) when (e is OnnxRuntimeException or NotSupportedException or DllNotFoundException or EntryPointNotFoundException)
            {
                if (options.Device != RecognitionDevice.Auto)
                {
                    throw new InvalidOperationException($"Recognition:Device is {device}, which cannot be used: {e.Message}", e);
                }

                if (Interlocked.Exchange(ref _fallBackSaid, 1) == 0)
                {
                    logger.LogInformation("Recognition runs on the CPU: {Reason}.", e.Message);
                }
            }
        }

        throw new InvalidOperationException("No device for recognition.");
    }

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
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        settings.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        settings.AddSessionConfigEntry("session.set_denormal_as_zero", "1");
        return settings;
    }
}
