// The parts of Apache ECharts that the page draws with, and no others. `make echarts` makes echarts.js of them.

import { BarChart, HeatmapChart, LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent, VisualMapContinuousComponent } from "echarts/components";
import { use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, HeatmapChart, LineChart, GridComponent, TooltipComponent, VisualMapContinuousComponent, CanvasRenderer]);

export { init } from "echarts/core";
